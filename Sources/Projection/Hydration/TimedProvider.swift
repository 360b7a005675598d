internal import Provider

/// A provider whose every answer may take so long and no longer: what goes through its trees asks this, for there nobody
/// waits who could give up.
struct TimedProvider: Sendable {
  /// What is asked.
  let provider: any ContentProvider
  /// How long it may take.
  let deadlines: ProviderDeadlines

  /// A provider with these deadlines.
  init(_ provider: any ContentProvider, _ deadlines: ProviderDeadlines = ProviderDeadlines()) {
    self.provider = provider
    self.deadlines = deadlines
  }

  /// The root of the tree.
  func root() async throws -> DirectoryID {
    try await withDeadline(deadlines.answer, for: "the root") { [provider] in try await provider.root() }
  }

  /// All entries of a directory that are shown.
  func entries(of directory: DirectoryID) async throws -> ProvidedEntries {
    try await withDeadline(deadlines.answer, for: "directory \(directory)") { [provider] in
      ProvidedEntries(try await provider.list(directory), NameFolding(provider))
    }
  }

  /// The entry of a name in a directory, which is listed only where the provider cannot tell otherwise.
  func entry(of name: [UInt8], in directory: DirectoryID) async throws -> DirectoryEntry? {
    if let provider = provider as? any EntryLookupProvider {
      return try await withDeadline(deadlines.answer, for: "a name in directory \(directory)") {
        try await provider.entry(named: name, in: directory)
      }
    }
    let entries = try await entries(of: directory)
    return entries.place(of: name).map { entries.entry(at: $0) }
  }

  /// The lengths of contents, as the provider tells them, or counted; then each byte that comes gives it time anew.
  func sizes(of contents: [ContentID]) async throws -> [Int64] {
    let progress = SinkProgress()
    return try await withDeadline(
      deadlines.answer, for: "the sizes of \(contents.count) contents", progress: { progress.bytes }
    ) { [provider] in
      try await provider.measuredSizes(of: contents, progress: progress)
    }
  }
}
