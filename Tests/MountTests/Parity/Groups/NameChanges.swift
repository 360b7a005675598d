extension ScenarioGroup {
  /// Whose mtime (m) and ctime (c) change when names are made, moved and removed: parents included.
  static let nameChanges = ScenarioGroup(
    name: "changes by names",
    script: """
      scenario making things changes the directory
      mark . dir file
      put new 0644
      changed .
      mark . new
      mkdir d
      changed .
      changed new
      mark . d
      symlink x l
      changed .
      mark .
      mkfifo p 0644
      changed .
      mark .
      mknod n file 0644
      changed .
      mark .
      bind s
      changed .
      mark . dir
      open dir/new O_CREAT,O_EXCL
      changed dir
      changed .
      changed file file

      scenario making what is there changes nothing
      mark . file dir link
      each file,dir,link mkdir {}
      each file,dir,link mkfifo {} 0644
      each file,dir,link symlink x {}
      each file,dir,link open {} O_CREAT,O_EXCL
      each missing/x,file/x mkdir {}
      each .,file,dir,link changed {}

      scenario removing
      open file O_RDONLY -> h
      mark . file =h dir other
      unlink file
      changed .
      changed =h
      changed dir
      mark . dir
      unlink dir/inner
      changed dir
      changed .
      mkdir new
      mark .
      rmdir new
      changed .
      mark .
      rmdir dir
      unlink missing
      changed .

      scenario removing one of two names
      link file linked
      mark . file
      unlink linked
      changed file
      changed .

      scenario linking
      mark . file dir
      link file dir/linked
      changed file
      changed .
      changed dir
      mark file dir
      link file dir/linked
      changed file
      changed dir
      mark link .
      link link linked
      changed link
      changed .

      scenario renaming a file in its directory
      mark . file
      rename file new
      changed .
      changed new file
      mark .
      rename new new
      changed .

      scenario renaming a file into another directory
      mark . dir other file
      rename file dir/new
      changed .
      changed dir
      changed other
      changed dir/new file
      mark . dir other dir/new
      rename dir/new other/new
      changed .
      changed dir
      changed other
      changed other/new dir/new

      scenario renaming onto something
      open empty O_RDONLY -> old
      mark . file empty =old
      rename file empty
      changed .
      changed empty file
      changed =old

      scenario renaming a directory
      mark . dir other dir/sub dir/inner
      rename dir other/dir
      changed .
      changed other
      changed other/dir dir
      changed other/dir/sub dir/sub
      changed other/dir/inner dir/inner
      mkdir empty-dir
      open empty-dir O_RDONLY -> old
      mark . other =old other/dir
      rename other/dir empty-dir
      changed .
      changed other
      changed empty-dir other/dir
      changed =old

      scenario exchanging
      mark . dir other file dir/inner dir/sub
      renameat2 file dir/inner EXCHANGE
      changed .
      changed dir
      changed file dir/inner
      changed dir/inner file
      mark . dir other dir/sub dir/inner
      renameat2 dir/sub other/kept EXCHANGE
      changed dir
      changed other
      changed .
      changed other/kept dir/sub

      """)
}
