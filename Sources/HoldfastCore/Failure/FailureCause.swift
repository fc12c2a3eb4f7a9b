/// What was seen to go wrong, before it is judged. The wire and the dialects report causes; only `Failure.classify`
/// turns one into a failure.
public enum FailureCause: Hashable, Sendable {
    /// The peer ended the stream without a closing handshake.
    case endOfStream
    /// The peer, or something between, reset the connection (ECONNRESET, EPIPE).
    case reset
    /// A system call failed; the number is the errno.
    case systemCall(errno: Int32)
    /// The peer sent a close frame; nil if it carried no code.
    case closed(code: UInt16?)
    /// A phase took longer than its deadline.
    case timeout(Phase)
    /// Too many heartbeats in a row without a positive reply.
    case heartbeatDead
    /// The local address that we are told to connect from cannot be used here, or not to reach this endpoint.
    case localAddress
    /// The name does not exist.
    case nameNotFound
    /// The name could not be looked up now.
    case nameLookupFailed
    /// The answer to the upgrade was not 101.
    case upgradeRefused(status: Int, retryAfter: Duration?)
    /// A proxy did not lead us to the endpoint, or could not.
    case proxy(ProxyProblem)
    /// The gateway answered the registration with something else than success.
    case registrationRefused(code: Int)
    /// The gateway answered a heartbeat with a code by which it says that it no longer accepts who we are.
    case heartbeatRefused(code: Int)
    /// The gateway said in a message that it will not serve us; what that speaks against, its dialect knows.
    case refused(as: FailureClass, code: Int)
    /// The account has nothing yet to prove itself with, and a provider that can get it something: nobody was asked.
    case noCredential
    /// The peer broke a rule of RFC 6455, of HTTP or of the dialect.
    case violation(ProtocolViolation)
    /// The peer's certificate is not valid for us.
    case certificate(CertificateProblem)
    /// TLS could not be agreed for another reason than the certificate.
    case tlsFailed
    /// The URL cannot be used.
    case badURL
    /// Our own handling of a message failed.
    case handlerFailed
    /// The process has no descriptor left (EMFILE, ENFILE).
    case outOfDescriptors
    /// A memory budget is used up (ENOBUFS, ENOMEM, a full queue to a peer that does not read).
    case outOfMemory
}

/// How a peer broke the protocol. Each is its own code, `protocol.<name>`.
public enum ProtocolViolation: String, Error, Hashable, Sendable, CaseIterable {
    case reservedBits = "reserved_bits"
    case reservedOpcode = "reserved_opcode"
    case maskedFrame = "masked_frame"
    case unmaskedFrame = "unmasked_frame"
    case nonMinimalLength = "non_minimal_length"
    case lengthOutOfRange = "length_out_of_range"
    case fragmentedControl = "fragmented_control"
    case longControl = "long_control"
    case unexpectedContinuation = "unexpected_continuation"
    case interruptedMessage = "interrupted_message"
    case badUTF8 = "bad_utf8"
    case badCloseFrame = "bad_close_frame"
    case frameTooLarge = "frame_too_large"
    case messageTooLarge = "message_too_large"
    case badCompression = "bad_compression"
    case compressionBomb = "compression_bomb"
    case badHTTP = "bad_http"
    case headTooLarge = "head_too_large"
    case badAccept = "bad_accept"
    case badUpgradeHeaders = "bad_upgrade_headers"
    case unwantedExtension = "unwanted_extension"
    case badExtension = "bad_extension"
    case unwantedSubprotocol = "unwanted_subprotocol"
    case missingSubprotocol = "missing_subprotocol"
    case malformedRegistration = "malformed_registration"
}

/// Why there was no way through a proxy.
public enum ProxyProblem: Error, Hashable, Sendable {
    /// The proxy itself could not be found or reached, or it ended the connection without an answer.
    case failed
    /// It did not lead us to the endpoint in time, and did not say why.
    case silent
    /// An HTTP proxy answered CONNECT with another status than success.
    case refused(status: Int)
    /// A SOCKS5 proxy answered with another reply than success (RFC 1928 §6).
    case replied(code: UInt8)
    /// A SOCKS5 proxy does not take the user and password we have, or wants some and we have none.
    case authentication
    /// What answered does not speak the proxy's protocol.
    case notAProxy
}

/// Why a certificate was refused. Each is its own code, `permanent.<name>`.
public enum CertificateProblem: String, Hashable, Sendable, CaseIterable {
    case untrusted = "certificate_untrusted"
    case expired = "certificate_expired"
    case wrongHost = "certificate_wrong_host"
    /// The peer does not accept the certificate we have, or wants one and we have none.
    case ours = "certificate_ours"
    case other = "certificate"
}
