"""What other systems sent beside pictures: presentation states, key object selections, structured reports."""
