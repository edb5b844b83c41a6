"""What billing systems must prove when they tell of payments: their signing secrets."""
