"""What is known of one person, as a file; and its erasure, after which points, limits and draws still add up."""
