"""What things are: values and their rules. Nothing here reads the network, a clock or a database."""
