import FoundationEssentials
import NIOCore

@testable import HoldfastLab

/// A push as a client sees it, read by other means than those that wrote it.
struct ReceivedPush: Hashable {
    var mid: String
    /// The base64 of each item, decoded.
    var items: [[UInt8]]

    init?(_ text: String) {
        guard let frame = try? JSONDecoder().decode(Frame.self, from: Data(text.utf8)), frame.lwp == "/s/para" else {
            return nil
        }
        mid = frame.headers.mid
        items = frame.body.syncPushPackage.data.compactMap { Data(base64Encoded: $0.data).map(Array.init) }
    }

    /// The items as the chat messages that they are in JSON.
    var messages: [Message] {
        items.compactMap { try? JSONDecoder().decode([String: Message].self, from: Data($0))["1"] }
    }

    struct Message: Decodable, Hashable {
        var chat: String
        var id: String
        var time: Int64
        var details: [String: String]

        enum CodingKeys: String, CodingKey {
            case chat = "2"
            case id = "3"
            case time = "5"
            case details = "10"
        }
    }

    private struct Frame: Decodable {
        var lwp: String
        var headers: Headers
        var body: Body
        struct Headers: Decodable { var mid: String }
        struct Body: Decodable { var syncPushPackage: Package }
        struct Package: Decodable { var data: [Item] }
        struct Item: Decodable { var data: String }
    }
}
