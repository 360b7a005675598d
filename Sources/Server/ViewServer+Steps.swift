internal import Commands
internal import Control
internal import FuseTransport
internal import GitProvider
internal import GitWorktree
internal import Glibc
internal import Posix
internal import Projection
internal import SystemPackage

/// The steps of a mount that can fail, each with its own line for the user.
extension ViewServer {
  /// Nanoseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  static func state(of plan: MountPlan) throws(CommandFailure) -> StateDirectory {
    do {
      return try StateDirectory(making: plan.stateDirectory, owner: plan.owner)
    } catch {
      throw failure(error, plan.stateDirectory)
    }
  }

  static func lock(_ state: borrowing StateDirectory, _ plan: MountPlan) throws(CommandFailure) -> OwnedDescriptor {
    do {
      return try state.lock()
    } catch {
      throw failure(error, plan.stateDirectory)
    }
  }

  static func attemptLog(_ state: borrowing StateDirectory) throws(CommandFailure) -> OwnedDescriptor {
    do {
      return try state.openLog()
    } catch {
      throw failure(error, state.path)
    }
  }

  /// What an earlier mount left, if there was one.
  static func earlierRecord(in state: borrowing StateDirectory) throws(CommandFailure) -> ViewRecord? {
    do {
      return try state.record()
    } catch .noView {
      return nil
    } catch {
      throw failure(error, state.path)
    }
  }

  /// A view that begins anew at another revision has another HEAD.
  static func refuseLosingCommits(_ plan: MountPlan, _ earlier: ViewRecord?) throws(CommandFailure) {
    guard let earlier, !plan.fits(earlier), case .git(let source) = plan.source,
      let worktree = WorktreeRegistration(of: earlier, in: source.repository.commonDirectory)
    else { return }
    try WorktreeLoss.refuse(worktree, hint: "")
  }

  /// Changes that were made to something else would mean something else.
  static func refuseOtherTree(
    _ plan: MountPlan, _ earlier: ViewRecord?, in state: borrowing StateDirectory
  ) throws(CommandFailure) {
    guard let earlier else { return }
    guard earlier.provider == plan.record.provider else {
      throw CommandFailure(
        .mountpoint,
        "'\(state.path)' has the state of a view of '\(earlier.shownSource)' (\(earlier.provider)); name another --state, "
          + "or forget that view by 'projfs remove \(earlier.mountpoint)'")
    }
    guard let last = earlier.epochs.last, !plan.fits(earlier) else { return }
    let changes: LocalChanges
    do throws(Errno) {
      changes = try LocalChanges(in: state.descriptor.rawValue)
    } catch {
      throw CommandFailure(.inputOutput, "the changes in '\(state.path)' cannot be read: \(error)")
    }
    guard changes.count > 0 else { return }
    let over =
      switch plan.source {
      case .git(let source):
        "revision \(last.revision.prefix(12)), and '\(source.facts.requested)' is \(source.revision.id.prefix(12))"
      case .tree: "'\(earlier.shownSource)'"
      }
    throw CommandFailure(
      .found,
      "the view has \(changes.count) changed or new paths over \(over); mount it as it was by "
        + "'projfs mount \(plan.record.mountpoint)'")
  }

  /// Does something to the state directory.
  static func attempt<Result>(
    _ state: borrowing StateDirectory,
    _ body: (borrowing StateDirectory) throws(StateDirectory.Failure) -> Result
  ) throws(CommandFailure) -> Result {
    do {
      return try body(state)
    } catch {
      throw failure(error, state.path)
    }
  }

  /// What is wrong with a state directory, in words.
  static func failure(_ error: StateDirectory.Failure, _ path: String) -> CommandFailure {
    switch error {
    case .noView:
      CommandFailure(.noSource, "there is no view in '\(path)'")
    case .inUse:
      CommandFailure(.mountpoint, "another server has the view in '\(path)'; 'projfs list' shows where it is mounted")
    case .damaged(let file):
      CommandFailure(.damaged, "'\(file)' is damaged; move it away and mount again")
    case .newerFormat(let format):
      CommandFailure(.damaged, "the view in '\(path)' has format \(format), made by a newer projfs; use that one")
    case .system(.permissionDenied):
      CommandFailure(
        .permission, "the view's state cannot be kept in '\(path)': permission denied; name another --state")
    case .system(let error):
      CommandFailure(.inputOutput, "the view's state in '\(path)' cannot be used: \(error)")
    }
  }

  /// Goes on with the view's journal, or begins one.
  static func journal(
    in state: borrowing StateDirectory, _ plan: MountPlan, afterCleanStop: Bool
  ) throws(CommandFailure) -> ChangeJournal {
    do throws(Errno) {
      return try ChangeJournal(in: state.descriptor, owner: plan.owner, afterCleanStop: afterCleanStop)
    } catch {
      throw CommandFailure(.inputOutput, "the journal in '\(state.path)' cannot be opened: \(error)")
    }
  }

  /// Opens the local tree, and finds out early whether the disk can keep one.
  static func localTree(of plan: MountPlan) throws(CommandFailure) -> LocalTree {
    do throws(Errno) {
      let local = try LocalTree(in: plan.stateDirectory, owner: plan.owner)
      if plan.record.readOnly != true { try local.checkAbilities() }
      return local
    } catch {
      switch error {
      case .notSupported, .notSupportedOnSocket, .notPermitted, .invalidArgument:
        throw CommandFailure(
          .inputOutput,
          "the file system of '\(plan.stateDirectory)' cannot keep changes (extended attributes and whiteouts): "
            + "\(error); name a --state on ext4, xfs, btrfs or tmpfs, or mount with --read-only")
      default:
        throw CommandFailure(.inputOutput, "the local tree in '\(plan.stateDirectory)' cannot be used: \(error)")
      }
    }
  }

  /// Says early, and in words, that there is no FUSE here.
  static func checkDevice() throws(CommandFailure) {
    do throws(FuseDevice.Defect) {
      try FuseDevice.check()
    } catch {
      switch error {
      case .missing(let error):
        throw CommandFailure(
          .fuseUnavailable,
          "FUSE is not available: /dev/fuse: \(error); load it with 'modprobe fuse', or give the container the device")
      case .denied(let error): throw CommandFailure(.permission, "/dev/fuse cannot be opened: \(error)")
      case .helperMissing:
        throw CommandFailure(
          .fuseUnavailable, "mounting without root needs the program fusermount3; install the package fuse3")
      }
    }
  }

  /// Why the mount failed, in words.
  static func failure(_ error: MountError, _ plan: MountPlan) -> CommandFailure {
    switch error {
    case .refused(let reason):
      CommandFailure(.permission, "the mount at '\(plan.record.mountpoint)' was refused: \(reason)")
    case .engineUnavailable(let decision):
      CommandFailure(
        decision.lacksPrivilege ? .permission : .fuseUnavailable,
        "engine passthrough does not work here: \(decision.reason); use --engine auto or cached")
    case .ended:
      CommandFailure(.inputOutput, "the view at '\(plan.record.mountpoint)' was unmounted before it served")
    }
  }
}
