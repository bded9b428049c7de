"""The steps, one file each; later ones name the one before (`down_revision`)."""
