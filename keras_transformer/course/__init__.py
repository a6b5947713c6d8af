"""What only the lessons and the scoreboard need; nothing else imports it."""
