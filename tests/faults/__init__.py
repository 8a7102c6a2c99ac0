"""What breaks under a site, each as a test with real processes (docs/operations.md, "Faults")."""
