"""Who may do what with which product: agreements, access policies and the one decision."""
