import HoldfastWire

extension LinkTarget {
    /// The URL as it may be shown: a query can hold a credential, so it is left out.
    var publicURL: String {
        let path = requestTarget.prefix { $0 != "?" }
        return requestTarget.count == path.count ? endpoint + path : "\(endpoint)\(path)?…"
    }
}
