"""Systems outside that an account works with: where payouts go, and what billing systems must prove."""
