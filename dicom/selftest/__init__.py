"""The self-test of a site's line to the hub: what a new device needs, tried as that device would."""
