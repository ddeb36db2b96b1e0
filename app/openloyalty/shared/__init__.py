"""What the doors of several roles do alike, and routes that stand below an address of each role."""
