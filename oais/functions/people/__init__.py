"""People and what they may use the archive with: accounts, groups, sessions, tokens, delegations."""
