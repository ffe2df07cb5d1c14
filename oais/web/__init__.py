"""The web site and its JSON twin: thin handlers that call one function and shape the answer."""
