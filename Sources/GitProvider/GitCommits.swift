internal import Provider

extension GitContent {
  /// A commit object, as far as a view needs it.
  package struct Commit: Sendable {
    /// The commit, without a name that it is known by.
    package let revision: GitRevision
    /// What git calls the subject: the first paragraph of the message in one line.
    package let subject: String
  }

  /// Reads a commit; nil where there is none of that id, or it is none.
  package func commit(_ id: String) -> Commit? {
    guard let bytes = GitRepository.bytes(id) else { return nil }
    return try? pool.withDatabase { database throws(ProviderError) in
      try database.read(bytes, as: .commit) { object throws(ProviderError) in Self.parse(object, id) }
    }
  }

  /// The format of git-cat-file(1)'s `commit`: headers, an empty line, the message.
  private static func parse(_ object: UnsafeRawBufferPointer, _ id: String) -> Commit? {
    var tree: String?
    var time: Int64?
    let lines = object.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let end = lines.firstIndex { $0.isEmpty } ?? lines.endIndex
    for line in lines[..<end] {
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      if tree == nil, words.first == "tree" { tree = words.last.map(String.init) }
      // "committer NAME <ADDRESS> SECONDS ZONE"
      if time == nil, words.first == "committer" { time = words.dropLast().last.flatMap { Int64($0) } }
    }
    guard let tree, let revision = GitRevision(commit: id, reference: nil, commitTime: time ?? 0, treeID: tree) else {
      return nil
    }
    // As git makes it: without space at the ends of lines, up to one that has nothing else.
    let message = lines[end...].map { line in line[..<((line.lastIndex { !isSpace($0) } ?? line.startIndex - 1) + 1)] }
    let subject = message.drop(while: \.isEmpty).prefix { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
    return Commit(revision: revision, subject: subject.joined(separator: " "))
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (UInt8(ascii: "\t")...UInt8(ascii: "\r")).contains(byte)
  }
}
