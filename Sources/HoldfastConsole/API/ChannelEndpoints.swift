import HoldfastFleet
import Hummingbird

/// The channels by which people are told of alerts.
struct ChannelEndpoints: Sendable {
    let fleet: Fleet
    let actions: ActionEndpoints

    /// Their names and what became of their messages; never what is secret in them.
    @Sendable func list(_ call: Call) async throws -> Response {
        .json { json in
            json.array("channels", fleet.channels()) { json, channel in
                json.object { json in
                    json.field("name", channel.channel)
                    json.field("kind", channel.kind)
                    json.field("sent", channel.sent)
                    json.field("failed", channel.failed)
                    json.field("dropped", channel.dropped)
                    json.field("problem", channel.problem)
                }
            }
        }
    }

    /// Sends a message that says it is a test, and waits for what becomes of it.
    @Sendable func test(_ call: Call) async throws -> Response {
        let name = call.variable("name")
        try await actions.audited("test_channel", on: name, by: call, refused: { Problem($0, channel: name) }) {
            () async throws(ChannelTestFailure) in
            try await fleet.testChannel(name, by: call.hand)
        }
        return .json { json in
            json.field("channel", name)
            json.field("outcome", "sent")
        }
    }
}

extension Problem {
    /// Why a test of a channel came to nothing.
    init(_ failure: ChannelTestFailure, channel: String) {
        switch failure {
        case .notRunning:
            self = .notRunning
        case .unknown(let known):
            let list = known.isEmpty ? "None is configured." : "There are: \(known.prefix(20).joined(separator: ", "))."
            self = .notFound("There is no channel \"\(channel.shortened)\". \(list)", code: "unknown_channel")
        case .failed(let reason):
            self.init(status: .badGateway, code: "channel_failed", detail: "The message was not taken: \(reason)")
        }
    }
}
