import FoundationEssentials
import HoldfastCore

/// Fills in what a login needs, in the way of the text around it: what a user is called must not become a part of JSON.
struct LoginTemplate {
    enum Form {
        case plain, json, urlEncoded

        init(contentType: String?) {
            let type = (contentType ?? "application/json").lowercased()
            self =
                type.contains("json")
                ? .json : type.hasPrefix("application/x-www-form-urlencoded") ? .urlEncoded : .plain
        }
    }

    static let names = ["user", "password", "cookies", "token", "account", "device"]

    let request: LoginRequest

    /// Placeholders without a value become nothing. All other braces are what they are.
    func fill(_ template: String, _ form: Form) -> String {
        var text = ""
        var rest = template[...]
        while let brace = rest.firstIndex(of: "{") {
            text += rest[..<brace]
            rest = rest[brace...]
            guard let end = rest.firstIndex(of: "}"), let value = value(rest[rest.index(after: brace)..<end]) else {
                text.append("{")
                rest = rest.dropFirst()
                continue
            }
            text += Self.escaped(value, form)
            rest = rest[rest.index(after: end)...]
        }
        return text + rest
    }

    private func value(_ name: Substring) -> String? {
        func reveal(_ secret: Secret?) -> String { secret?.withRevealed(\.self) ?? "" }
        switch name {
        case "user": return reveal(request.credentials.user)
        case "password": return reveal(request.credentials.password)
        case "cookies": return reveal(request.credentials.cookies)
        case "token": return reveal(request.credentials.token)
        case "account": return request.account
        case "device": return request.device ?? ""
        default: return nil
        }
    }

    private static func escaped(_ text: String, _ form: Form) -> String {
        switch form {
        case .plain:
            return text
        case .json:
            guard let data = try? JSONEncoder().encode(text) else { return "" }
            return String(String(decoding: data, as: UTF8.self).dropFirst().dropLast())
        case .urlEncoded:
            let digits = Array("0123456789ABCDEF")
            var encoded = ""
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    encoded.append(Character(UnicodeScalar(byte)))
                default:
                    encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
                }
            }
            return encoded
        }
    }
}
