import Provider

/// A few poems in memory, as a directory for each poet.
struct Poems: ContentProvider {
  let poems = [
    "Blake": ["fly.txt": "Little Fly,\nThy summer's play\n", "tyger.txt": "Tyger Tyger, burning bright\n"],
    "Dickinson": ["hope.txt": "Hope is the thing with feathers\n"],
  ]

  func root() async throws -> DirectoryID { "poets" }

  func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    var listing = DirectoryListing()
    if directory == "poets" {
      for poet in poems.keys { listing.appendDirectory(poet, id: DirectoryID(poet.utf8)) }
      return listing
    }
    let poet = String(decoding: directory.bytes, as: UTF8.self)
    guard let poems = poems[poet] else { throw ProviderError.missing("no poet \(poet)") }
    for (name, text) in poems {
      listing.appendFile(name, content: ContentID("\(poet)/\(name)".utf8), size: Int64(text.utf8.count))
    }
    return listing
  }

  func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    let path = String(decoding: content.bytes, as: UTF8.self).split(separator: "/").map(String.init)
    guard path.count == 2, let text = poems[path[0]]?[path[1]] else { throw ProviderError.missing("no poem \(path)") }
    try sink.write(Array(text.utf8))
  }
}
