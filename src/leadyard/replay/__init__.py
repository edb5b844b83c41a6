"""What-if: past leads run through a changed set-up, and the difference in money; nothing is written."""
