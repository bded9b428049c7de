"""One module for each outside tool: the only places that know its flags, its versions and its errors."""
