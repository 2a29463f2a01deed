"""What a measurement is made on and with: device and host (`environment`), and the meters."""
