"""What Open Loyalty's own cockpits ask before they show anything: settings, choices, texts, figures."""
