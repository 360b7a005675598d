internal import Posix
internal import Provider
internal import SystemPackage

/// Which spellings are one name, in the projections of a provider without case.
final class NameFolding: Sendable {
  private let provider: any CaseInsensitiveProvider

  /// nil for a provider whose names are as they are spelled.
  init?(_ provider: any ContentProvider) {
    guard let provider = provider as? any CaseInsensitiveProvider else { return nil }
    self.provider = provider
  }

  /// What all spellings of a name have in common.
  func folded(_ name: [UInt8]) -> [UInt8] { provider.folded(name) }
}

extension NameFolding? {
  /// What all spellings of a name have in common: the name itself, where names are as they are spelled.
  func folded(_ name: [UInt8]) -> [UInt8] {
    switch self {
    case nil: name
    case .some(let folding): folding.folded(name)
    }
  }

  /// How a local directory spells a name; as it is given, where it does not have it.
  func spelling(of name: [UInt8], in directory: DirectoryHandle?) throws(Errno) -> [UInt8] {
    guard let self, let directory else { return name }
    let folded = self.folded(name)
    return try EntryCalls.entries(of: directory.rawValue).first { self.folded($0.name) == folded }?.name ?? name
  }
}
