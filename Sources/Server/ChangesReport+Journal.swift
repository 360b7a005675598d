internal import Control
internal import Projection

extension ChangesReport {
  /// The journal's answer.
  init(_ changes: ChangeJournal.Changes) {
    switch changes {
    case .unknown: self.init(token: changes.token.description, exact: false, paths: [])
    case .exact(let changed, _):
      self.init(
        token: changes.token.description, exact: true,
        paths: changed.map { Path($0.path, subtree: $0.scope == .subtree) })
    }
  }
}
