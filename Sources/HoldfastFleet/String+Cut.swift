extension String {
    /// As much of it as fits, cut between characters, with an ellipsis that counts.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var size = "…".utf8.count
        let kept = prefix { character in
            size += character.utf8.count
            return size <= limit
        }
        return kept + "…"
    }
}
