import HoldfastCore

/// What two peers agreed on about permessage-deflate (RFC 7692 §7.1).
package struct DeflateAgreement: Hashable, Sendable {
    package var serverKeepsContext: Bool
    package var clientKeepsContext: Bool
    /// 8 to 15.
    package var serverWindowBits: UInt8
    package var clientWindowBits: UInt8

    package init(
        serverKeepsContext: Bool, clientKeepsContext: Bool, serverWindowBits: UInt8, clientWindowBits: UInt8
    ) {
        self.serverKeepsContext = serverKeepsContext
        self.clientKeepsContext = clientKeepsContext
        self.serverWindowBits = serverWindowBits
        self.clientWindowBits = clientWindowBits
    }
}

/// The four parameters as they stand in an offer or in an answer, each checked on its own (RFC 7692 §7.1.1, §7.1.2).
struct DeflateParameters {
    static let extensionName = "permessage-deflate"

    var serverNoContextTakeover = false
    var clientNoContextTakeover = false
    var serverMaxWindowBits: UInt8?
    /// Without a value it says that the client can keep to a window, and is allowed in an offer only.
    var clientMaxWindowBits: ClientWindow?

    enum ClientWindow: Equatable {
        case any
        case bits(UInt8)
    }

    /// Nil if there is a parameter that is unknown, that comes twice, or that has a value that is not its own: such an
    /// offer must be declined, such an answer must fail the connection (§7).
    init?(_ parameters: [WebSocketExtension.Parameter]) {
        guard Set(parameters.map(\.name)).count == parameters.count else { return nil }
        for parameter in parameters {
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): serverNoContextTakeover = true
            case ("client_no_context_takeover", nil): clientNoContextTakeover = true
            case ("server_max_window_bits", let value?):
                guard let bits = Self.bits(value) else { return nil }
                serverMaxWindowBits = bits
            case ("client_max_window_bits", nil): clientMaxWindowBits = .any
            case ("client_max_window_bits", let value?):
                guard let bits = Self.bits(value) else { return nil }
                clientMaxWindowBits = .bits(bits)
            default: return nil
            }
        }
    }

    /// 8 to 15, without leading zeros (§7.1.2).
    private static func bits(_ text: String) -> UInt8? {
        guard let bits = UInt8(text), (8...15).contains(bits), String(bits) == text else { return nil }
        return bits
    }
}

extension DeflateOptions {
    /// What a client writes into `Sec-WebSocket-Extensions`.
    package var offer: String {
        var parts = [DeflateParameters.extensionName]
        if !serverContextTakeover { parts.append("server_no_context_takeover") }
        if !clientContextTakeover { parts.append("client_no_context_takeover") }
        if serverBits < 15 { parts.append("server_max_window_bits=\(serverBits)") }
        // Always there, since we can keep to any window: without it the server would not be allowed to ask for one.
        parts.append(clientBits < 15 ? "client_max_window_bits=\(clientBits)" : "client_max_window_bits")
        return parts.joined(separator: "; ")
    }

    /// What a server's answer to this offer means.
    ///
    /// It may ask more of the client than was offered, and promise more for itself, but not leave out what it was asked
    /// for (§7.1.1.1, §7.1.2.1), nor go beyond the window it was told of (§7.1.2.2).
    func agreement(by answer: [WebSocketExtension.Parameter]) throws(ProtocolViolation) -> DeflateAgreement {
        guard let answer = DeflateParameters(answer) else { throw .badExtension }
        let serverWindow = answer.serverMaxWindowBits ?? 15
        guard serverContextTakeover || answer.serverNoContextTakeover, serverWindow <= serverBits else {
            throw .badExtension
        }
        var clientWindow = clientBits
        switch answer.clientMaxWindowBits {
        case nil: break
        case .any: throw .badExtension
        case .bits(let bits):
            guard bits <= clientBits else { throw .badExtension }
            clientWindow = bits
        }
        return DeflateAgreement(
            serverKeepsContext: !answer.serverNoContextTakeover,
            clientKeepsContext: clientContextTakeover && !answer.clientNoContextTakeover,
            serverWindowBits: serverWindow, clientWindowBits: clientWindow)
    }

    /// What a server with these options makes of a client's offers: the first one that it can take, and the answer to it;
    /// nil if there is none, and then nothing is compressed.
    package func accept(_ offers: [WebSocketExtension]) -> (agreement: DeflateAgreement, answer: String)? {
        for offer in offers where offer.name == DeflateParameters.extensionName {
            if let parameters = DeflateParameters(offer.parameters) { return accept(parameters) }
        }
        return nil
    }

    private func accept(_ offer: DeflateParameters) -> (agreement: DeflateAgreement, answer: String) {
        var parts = [DeflateParameters.extensionName]
        let serverKeeps = serverContextTakeover && !offer.serverNoContextTakeover
        if !serverKeeps { parts.append("server_no_context_takeover") }
        let clientKeeps = clientContextTakeover && !offer.clientNoContextTakeover
        if !clientKeeps { parts.append("client_no_context_takeover") }
        let serverWindow = min(serverBits, offer.serverMaxWindowBits ?? 15)
        if serverWindow < 15 || offer.serverMaxWindowBits != nil {
            parts.append("server_max_window_bits=\(serverWindow)")
        }
        var clientWindow: UInt8 = 15
        switch offer.clientMaxWindowBits {
        case nil: break  // a client that does not name it must not be asked for it (§7.1.2.2)
        case .any: clientWindow = clientBits
        case .bits(let bits): clientWindow = min(clientBits, bits)
        }
        if clientWindow < 15 { parts.append("client_max_window_bits=\(clientWindow)") }
        let agreement = DeflateAgreement(
            serverKeepsContext: serverKeeps, clientKeepsContext: clientKeeps, serverWindowBits: serverWindow,
            clientWindowBits: clientWindow)
        return (agreement, parts.joined(separator: "; "))
    }
}
