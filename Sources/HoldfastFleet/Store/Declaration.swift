import Foundation

/// The declaration of an account, as the JSON object it came as.
enum Declaration {
    /// Keys whose values are secrets, or may hold some.
    static let secretKeys = ["token", "credential", "headers", "proxy"]

    /// The same without what could be a secret, and whether that is all of it.
    static func withoutSecrets(_ text: String) -> (open: String, isWhole: Bool) {
        guard var object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
            return ("{}", false)
        }
        let count = object.count
        for key in secretKeys { object[key] = nil }
        var isWhole = object.count == count
        if let url = object["url"] as? String, let mark = url.firstIndex(of: "?") {
            // A query can hold a credential.
            object["url"] = String(url[..<mark])
            isWhole = false
        }
        guard
            let data = try? JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        else { return ("{}", false) }
        return (String(decoding: data, as: UTF8.self), isWhole)
    }
}
