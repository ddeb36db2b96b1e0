"""Work by the clock: who does which kind now, and when it is due again. What each does is `app.worker`'s to say."""
