import HoldfastCore
import HoldfastWire

/// A field of extensions is read the same when it is written anew, a client agrees to nothing it has not offered, and what
/// a server answers suits the offer.
func tryExtensions(_ bytes: [UInt8]) throws(BrokenPromise) {
    let text = String(decoding: bytes, as: UTF8.self)
    let extensions: [WebSocketExtension]
    do throws(ProtocolViolation) {
        extensions = try WebSocketExtension.parse([text])
    } catch {
        return try demand(error == .badExtension, "a violation of another kind")
    }
    let again = try? WebSocketExtension.parse([extensions.map(written).joined(separator: ",")])
    try demand(again == extensions, "written anew it means something else")

    var options = DeflateOptions()
    options.serverMaxWindowBits = 12
    options.clientMaxWindowBits = 12
    let handshake = Handshake(key: "dGhlIHNhbXBsZSBub25jZQ==", deflate: options)
    let answer = HTTPHead(
        startLine: .response(status: 101, reason: ""),
        fields: [
            HTTPField("upgrade", "websocket"), HTTPField("connection", "upgrade"),
            HTTPField("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            HTTPField("sec-websocket-extensions", text),
        ])
    if let agreement = (try? handshake.verify(answer))?.deflate {
        try demand(!agreement.serverKeepsContext && !agreement.clientKeepsContext, "context nobody offered")
        try demand((8...12).contains(agreement.serverWindowBits), "a window of the server's nobody offered")
        try demand((8...12).contains(agreement.clientWindowBits), "a window of the client's nobody offered")
    }
    if let accepted = options.accept(extensions) {
        let answers = try? WebSocketExtension.parse([accepted.answer])
        try demand(answers?.count == 1 && answers?.first?.name == "permessage-deflate", "an answer that is none")
        try demand((8...12).contains(accepted.agreement.serverWindowBits), "a larger window than the server's")
    }
}

private func written(_ one: WebSocketExtension) -> String {
    one.name
        + one.parameters.map { ";" + $0.name + ($0.value.map { "=" + $0 } ?? "") }.joined()
}
