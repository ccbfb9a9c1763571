"""`cstool verify`: compares folders with their manifests and inputs."""
