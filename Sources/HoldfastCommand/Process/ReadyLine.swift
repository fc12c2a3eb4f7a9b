import Foundation

/// The one line on standard output that says where the process serves: whoever started it can wait for it.
struct ReadyLine {
    /// `http://HOST:PORT`
    var console: String?
    /// `ws://HOST:PORT`
    var gateway: String?
    /// `http://HOST:PORT`
    var control: String?

    var text: String {
        let parts = [("console", console), ("gateway", gateway), ("control", control)]
        return (["ready"] + parts.compactMap { name, url in url.map { "\(name)=\($0)" } }).joined(separator: " ")
    }

    func write() {
        print(text)
        fflush(nil)
    }
}
