/// What a provider's path is, as far as its content goes: the state machine of a file.
///
/// Each mutator is one of the legal ways from a state to another, and returns what has to be done on disk for it. The
/// change is made by one atomic step there, so a server that is killed leaves the state before or after.
package enum FileState: String, Sendable, CaseIterable {
  /// Known to the provider only.
  case virtual
  /// Looked at; its content is not here.
  case placeholder
  /// Its content is in the content store.
  case hydrated
  /// Its metadata or name is the user's, its content the provider's.
  case dirtyPlaceholder = "dirty placeholder"
  /// Its content is the user's.
  case full
  /// The provider has the name, the view does not.
  case tombstone

  /// What a change of state takes on disk.
  package enum Action: Sendable, Hashable {
    /// Fetch the content into the content store.
    case fetch
    /// Take the content out of the content store.
    case drop
    /// Link an entry that says whose content is shown, with attributes of its own.
    case linkPlaceholder
    /// Link a file with the content, copied or shared.
    case linkCopy
    /// Link an empty file.
    case linkEmpty
    /// Fill the placeholder with the content, and take its mark away.
    case fill
    /// Empty the placeholder, and take its mark away.
    case clear
    /// Empty the file.
    case truncate
    /// Put a whiteout where the local tree has nothing.
    case linkWhiteout
    /// Put a whiteout in the place of the local entry.
    case replaceByWhiteout
    /// Put the new entry in the place of the whiteout.
    case replaceWhiteout
    /// Take the local entry away, so that the provider's shows again.
    case uncover
  }

  /// Whether the content is the provider's.
  package var isProvided: Bool { self != .full && self != .tombstone }

  /// Somebody looked the name up, or listed it with attributes.
  package mutating func look() {
    if self == .virtual { self = .placeholder }
  }

  /// The kernel has forgotten it.
  package mutating func forget() {
    if self == .placeholder { self = .virtual }
  }

  /// Its content is wanted for reading.
  package mutating func hydrate() -> [Action] {
    switch self {
    case .virtual, .placeholder:
      self = .hydrated
      return [.fetch]
    // The content store gets it; the path stays what it is.
    case .dirtyPlaceholder: return [.fetch]
    case .hydrated, .full: return []
    case .tombstone: return illegal("hydrate")
    }
  }

  /// Its content is to go from the content store.
  package mutating func evict() -> [Action] {
    switch self {
    case .hydrated:
      self = .placeholder
      return [.drop]
    case .virtual, .placeholder, .dirtyPlaceholder, .full: return []
    case .tombstone: return illegal("evict")
    }
  }

  /// Its permissions, owner, times, extended attributes or name are to change.
  package mutating func changeMetadata() -> [Action] {
    switch self {
    case .virtual, .placeholder, .hydrated:
      self = .dirtyPlaceholder
      return [.linkPlaceholder]
    case .dirtyPlaceholder, .full: return []
    case .tombstone: return illegal("change")
    }
  }

  /// It is to be written to. Nothing is fetched where nothing of the content is kept.
  package mutating func openForWriting(keepingContent: Bool) -> [Action] {
    switch self {
    case .virtual, .placeholder, .hydrated:
      let isHere = self == .hydrated
      self = .full
      guard keepingContent else { return [.linkEmpty] }
      return isHere ? [.linkCopy] : [.fetch, .linkCopy]
    case .dirtyPlaceholder:
      self = .full
      return keepingContent ? [.fetch, .fill] : [.clear]
    case .full: return keepingContent ? [] : [.truncate]
    case .tombstone: return illegal("write to")
    }
  }

  /// It equals the projection in content and metadata, and is to be the projection's again.
  package mutating func settle() -> [Action] {
    switch self {
    case .full, .dirtyPlaceholder:
      self = .placeholder
      return [.uncover]
    case .virtual, .placeholder, .hydrated: return []
    case .tombstone: return illegal("settle")
    }
  }

  /// Its name is to go.
  package mutating func remove() -> [Action] {
    switch self {
    case .virtual, .placeholder, .hydrated:
      self = .tombstone
      return [.linkWhiteout]
    case .dirtyPlaceholder, .full:
      self = .tombstone
      return [.replaceByWhiteout]
    case .tombstone: return illegal("remove")
    }
  }

  /// Something of the user's is to have the name again: a new file, or one that is renamed to it.
  package mutating func create(isPlaceholder: Bool) -> [Action] {
    guard self == .tombstone else { return illegal("create") }
    self = isPlaceholder ? .dirtyPlaceholder : .full
    return [.replaceWhiteout]
  }

  private func illegal(_ what: String) -> [Action] {
    assertionFailure("no way to \(what) a \(rawValue)")
    return []
  }
}
