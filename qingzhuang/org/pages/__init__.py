"""The organisation's pages; every one names its permission through org.access."""
