import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix

/// An error of the network in the words of the system: without the names of functions, and without the address, which may hold a
/// token.
package enum PlainReason {
    package static func of(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        case let error as NIOConnectionError: error.connectionErrors.first.map { of($0.error) } ?? "no such host"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: "no answer in time"
        default: "\(error)"
        }
    }
}
