"""May they? `rules`: pure, and every reason why not; `facts`: what the rules ask for; `explain`: why a customer may not buy."""
