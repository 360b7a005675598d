internal import Posix
internal import Provider
internal import SystemPackage

/// Counts the files of a projection and of the local tree over it, directory by directory.
struct FileCensus {
  /// A directory to be counted.
  struct Place {
    /// What a directory's files are.
    enum Kind {
      /// The provider's, at their own place.
      case own
      /// The provider's, which the user removed or moved away.
      case hidden
      /// The user's, wherever they came from.
      case new
    }

    /// The provider's directory, if something of it shows through.
    let origin: DirectoryID?
    /// The local directory, if there is one.
    let local: DirectoryHandle?
    let kind: Kind
    /// Whether it is the view's root.
    var isRoot = false
  }

  private(set) var states = FileStates()

  private let provider: any ContentProvider
  private let findsSizes: Bool
  private var stored: [ContentID: Int64] = [:]

  /// Without `findsSizes`, sizes that the provider does not list count as nothing.
  init(provider: any ContentProvider, findsSizes: Bool) {
    self.provider = provider
    self.findsSizes = findsSizes
  }

  /// Notes a content of the content store.
  mutating func note(stored content: ContentID, size: Int64) {
    stored[content] = size
    states.storedFiles += 1
    states.storedBytes += size
  }

  func isStored(_ content: ContentID) -> Bool { stored[content] != nil }

  /// Counts one directory. Returns those below it.
  mutating func count(_ place: Place) async -> [Place] {
    var entries: [[UInt8]: LocalEntry] = [:]
    if let local = place.local {
      for entry in (try? EntryCalls.entries(of: local.rawValue)) ?? [] {
        if place.isRoot, LocalTree.isIntegration(entry) { continue }
        // Gone meanwhile: not counted.
        entries[entry.name] = try? LocalEntry(entry.name, in: local)
      }
    }
    var below: [Place] = []
    if let origin = place.origin {
      // A damaged directory: nothing below it can be counted, or seen.
      guard let listing = try? await provider.list(origin).sorted() else { return [] }
      below += await count(listing, place, &entries)
    }
    for entry in entries.values {
      switch entry {
      case .whiteout: break
      case .directory(let handle, let origin):
        below.append(Place(origin: origin.pinned, local: handle, kind: .new))
      case .placeholder: states.new += 1
      case .full(let size):
        states.new += 1
        states.fullBytes += size
      }
    }
    return below
  }

  /// Counts the provider's entries, and takes from `entries` what lies over them.
  private mutating func count(
    _ listing: DirectoryListing, _ place: Place, _ entries: inout [[UInt8]: LocalEntry]
  ) async -> [Place] {
    var below: [Place] = []
    var unknown: [ContentID] = []
    for index in 0..<listing.count {
      let over = listing.withName(at: index) { entries.removeValue(forKey: Array($0)) }
      guard listing.kind(at: index) != .directory else {
        below += placesBelow(listing.directory(at: index), over, place.kind)
        continue
      }
      let content = listing.content(at: index)
      if place.kind != .new {
        states.total += 1
        if let size = stored[content] ?? listing.size(at: index) {
          states.totalBytes += size
        } else if findsSizes {
          unknown.append(content)
        }
      }
      if case .directory(let handle, let origin) = over {
        below.append(Place(origin: origin.pinned, local: handle, kind: .new))
      }
      count(content, under: over, place.kind)
    }
    states.totalBytes += await sizes(of: unknown)
    return below
  }

  /// Counts one of the provider's files with what lies over it.
  private mutating func count(_ content: ContentID, under over: LocalEntry?, _ kind: Place.Kind) {
    if case .full(let size) = over { states.fullBytes += size }
    switch (kind, over) {
    case (.hidden, _), (.own, .whiteout), (.own, .directory): states.tombstone += 1
    case (.new, .whiteout), (.new, .directory): break
    case (.new, _): states.new += 1
    case (.own, .full): states.full += 1
    case (.own, .placeholder(let shown)):
      countHydrated(shown) ? () : (states.placeholder += 1)
    case (.own, nil): _ = countHydrated(content)
    }
  }

  /// Counts a content that is in the store; false where it is not.
  private mutating func countHydrated(_ content: ContentID) -> Bool {
    guard let size = stored[content] else { return false }
    states.hydrated += 1
    states.hydratedBytes += size
    return true
  }

  /// The directories to be counted where the provider has one, with what lies over it.
  private func placesBelow(_ origin: DirectoryID, _ over: LocalEntry?, _ kind: Place.Kind) -> [Place] {
    let hidden = kind == .new ? [] : [Place(origin: origin, local: nil, kind: .hidden)]
    switch over {
    case nil: return [Place(origin: origin, local: nil, kind: kind)]
    case .whiteout: return hidden
    // Merged with what is at this place, or with something that was moved here, or with nothing.
    case .directory(let handle, .place): return [Place(origin: origin, local: handle, kind: kind)]
    case .directory(let handle, let other):
      return [Place(origin: other.pinned, local: handle, kind: .new)] + hidden
    // Counted as one of the user's; what it hides is gone.
    case .placeholder, .full: return hidden
    }
  }

  private func sizes(of contents: [ContentID]) async -> Int64 {
    guard !contents.isEmpty else { return 0 }
    if let answers = try? await provider.measuredSizes(of: contents) { return answers.reduce(0, +) }
    // One is damaged: it counts as nothing.
    var sum: Int64 = 0
    for content in contents {
      if let answer = try? await provider.measuredSizes(of: [content]).first { sum += answer }
    }
    return sum
  }
}
