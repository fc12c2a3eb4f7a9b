/// A certificate that signs itself and is valid for a hundred years; its key is nowhere.
let testCertificate = """
    -----BEGIN CERTIFICATE-----
    MIIBijCCAS+gAwIBAgIUDmP/iNNrrjgQGlqjQ828QHN6VP0wCgYIKoZIzj0EAwIw
    GTEXMBUGA1UEAwwOSG9sZGZhc3QgdGVzdHMwIBcNMjYxMTIxMjM0MjE2WhgPMjEy
    NjEwMjgyMzQyMTZaMBkxFzAVBgNVBAMMDkhvbGRmYXN0IHRlc3RzMFkwEwYHKoZI
    zj0CAQYIKoZIzj0DAQcDQgAEe4+m3gewWNGErEPGSTriaTsaPE9yZ9GE9y+IDlcq
    28IsRu4lEVncbe4j/ue1GDaX/BzQ03VULWtBwSfChHE1raNTMFEwHQYDVR0OBBYE
    FEG2wwLNouUpr3gZV2NmeljPiGbMMB8GA1UdIwQYMBaAFEG2wwLNouUpr3gZV2Nm
    eljPiGbMMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANOC2JKb
    NLKrhxq7Zt+gc8LlQVlj98L10gyqJ572MPmTAiEAz0uLJBpeUFuiiXdbtgGNbb3T
    diKJgQWnQBrO8sXnA2A=
    -----END CERTIFICATE-----
    """
