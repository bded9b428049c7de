"""Whose paper it is, where the paper has no identifier: compared with people whom a registry knows.

`asked` takes what a record says of its owner, `index` says which people may be meant, `compare` how well two agree,
`judge` what that comes to, `learn` what agreement weighs. All pure; the registry is asked by whoever calls.
"""
