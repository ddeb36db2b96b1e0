"""Pictures: how they are stored, and how they are made anew."""
