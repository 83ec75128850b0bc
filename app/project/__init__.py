"""What belongs to a user: settings folder, own line tables, ready plans."""
