import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix

/// An error of the network in the words of the system, without the names of functions.
enum PlainReason {
    static func of(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        case let error as NIOConnectionError: error.connectionErrors.first.map { of($0.error) } ?? "no such host"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        default: "\(error)"
        }
    }
}
