internal import Control

extension ViewRecord {
  /// How many epochs are kept.
  private static var mostEpochs: Int { 1000 }

  /// Adds an epoch, unless nothing is new.
  mutating func move(to revision: String, reference: String?, time: Int64) {
    if let last = epochs.last, last.revision == revision, last.reference == reference { return }
    epochs.append(Epoch(revision: revision, reference: reference, time: time))
    if epochs.count > Self.mostEpochs { epochs.removeFirst(epochs.count - Self.mostEpochs) }
  }
}
