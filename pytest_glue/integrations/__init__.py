"""Other services, one file each."""
