import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// An answer whose body is one JSON object.
    static func json(_ status: HTTPResponse.Status = .ok, _ body: (inout JSONWriter) -> Void) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: JSONWriter.object(body)))
    }
}
