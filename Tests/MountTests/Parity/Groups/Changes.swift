extension ScenarioGroup {
  /// Which calls change mtime (m) and ctime (c) of what, and which change nothing.
  static let changes = ScenarioGroup(
    name: "changes of times",
    script: """
      scenario looking changes nothing
      mark . file dir dir/inner link
      stat file type
      each O_RDONLY,O_WRONLY,O_RDWR,O_APPEND,O_PATH open file {}
      cat file
      cat dir/inner
      list dir
      list .
      readlink link
      access file R
      open file O_CREAT,O_WRONLY
      each .,file,dir,dir/inner,link changed {}

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

      scenario writing
      open file O_RDWR -> h
      mark file .
      write h x
      changed file
      changed .
      mark file
      pwrite h 100 y
      changed file
      mark file
      write h @empty
      changed file
      mark file
      read h 10
      changed file

      scenario writing through two handles
      open file O_WRONLY -> one
      open file O_WRONLY -> two
      mark file =one =two
      write one x
      changed =two
      changed =one
      changed file
      mark file
      peer write two y
      changed file
      mark file
      close one
      close two
      changed file

      scenario truncating
      open file O_RDWR -> h
      mark file .
      truncate file 3
      changed file
      mark file
      truncate file 3
      changed file
      mark file
      ftruncate h 100
      changed file
      mark file
      ftruncate h 100
      changed file
      mark file
      truncate file 0
      changed file
      changed .

      scenario truncating an empty file
      mark empty
      truncate empty 0
      changed empty

      scenario opening with O_TRUNC
      mark file . empty
      open file O_WRONLY,O_TRUNC
      changed file
      changed .
      open empty O_WRONLY,O_TRUNC
      changed empty
      mark file
      open file O_CREAT,O_RDWR,O_TRUNC
      changed file
      mark . file
      put new 0644
      mark . new
      creat new 0600
      changed new
      changed .

      scenario fallocate, copies and holes
      open file O_RDWR -> h
      mark file
      fallocate h - 0 8192
      changed file
      mark file
      fallocate h KEEP_SIZE 8192 8192
      changed file
      mark file
      fallocate h PUNCH_HOLE,KEEP_SIZE 0 4096
      changed file
      open big O_RDONLY -> b
      mark file big
      copy_file_range b 0 h 0 100
      changed file
      changed big
      mark file
      sendfile h b 0 10
      changed file
      mark file
      lseek h 0 DATA
      fsync h
      changed file

      scenario modes and owners
      mark file . dir
      chmod file 0600
      changed file
      changed .
      mark file
      chmod file 0600
      changed file
      mark file
      chown file 1001 2001
      changed file
      mark file
      chown file - -
      changed file
      mark file
      chown file 1001 2001
      changed file
      open file O_RDONLY -> h
      mark file
      fchmod h 0644
      changed file
      mark file
      fchown h 0 0
      changed file
      chmod dir 0700
      changed dir
      changed .
      mark link file
      lchown link 1 1
      changed link
      changed file

      scenario extended attributes
      mark file .
      setxattr file user.a 1
      changed file
      mark file
      setxattr file user.a 2
      changed file
      mark file
      getxattr file user.a
      listxattr file
      changed file
      removexattr file user.a
      changed file
      mark file
      removexattr file user.a
      changed file
      changed .

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

      scenario refused calls change nothing
      chmod file 0644
      mark . file dir dir/inner link
      as 1001 chmod file 0600
      as 1001 chown file 1001 -
      as 1001 utimensat file 5 5
      as 1001 truncate file 0
      as 1001 unlink file
      as 1001 rename file new
      as 1001 link file new
      as 1001 open file O_WRONLY,O_TRUNC
      as 1001 setxattr file user.a b
      as 1001 mkdir dir/new
      as 1001 rmdir dir
      rmdir dir
      unlink dir
      link dir new
      truncate dir 0
      rename dir dir/sub/new
      setxattr file user.a b REPLACE
      each .,file,dir,dir/inner,link changed {}

      scenario locks and syncs change nothing
      open file O_RDWR -> h
      mark file .
      flock h EX
      setlk h WR 0 0
      fsync h
      fdatasync h
      syncfs h
      close h
      changed file
      changed .

      scenario a file that is written by mapping
      open file O_RDWR -> h
      mmap h 4096 R,W SHARED -> m
      mark file
      mread m 0 5
      mwrite m 0 FIRST
      msync m SYNC
      munmap m
      close h
      changed file

      scenario a private mapping
      open file O_RDWR -> h
      mmap h 4096 R,W PRIVATE -> m
      mark file
      mwrite m 0 FIRST
      munmap m
      changed file
      cat file

      scenario atime of a new file
      put new 0644 text
      utimensat new 5 now
      mark new
      open new O_RDONLY -> h
      accessed new
      read h 4
      accessed new
      mark new
      pread h 4 0
      accessed new

      scenario atime when nothing is read
      put new 0644 text
      utimensat new 5 now
      open new O_RDONLY -> h
      mark new
      pread h 0 0
      accessed new

      scenario atime of a file that was there
      utimensat file 5 now
      mark file
      cat file
      accessed file
      changed file
      mark file
      cat file
      accessed file
      utimensat file 5 now
      mark file
      open file O_RDONLY,O_NOATIME -> h
      read h 5
      accessed file

      scenario atime of directories
      mkdir new
      utimensat new 5 now
      mark new
      list new
      accessed new
      mark new
      list new
      accessed new
      utimensat dir 5 now
      mark dir
      list dir
      accessed dir
      changed dir

      scenario atime of symbolic links
      utimensat link 5 now NOFOLLOW
      mark link
      readlink link
      accessed link
      symlink file new
      utimensat new 5 now NOFOLLOW
      mark new
      cat new
      accessed new

      scenario atime of what is mapped, executed and copied
      utimensat file 5 now
      open file O_RDONLY -> h
      mark file
      mmap h 4096 R SHARED -> m
      mread m 0 5
      accessed file
      utimensat tool 5 now
      mark tool
      exec tool
      accessed tool
      utimensat big 5 now
      mark big
      open big O_RDONLY -> b
      open empty O_WRONLY -> e
      copy_file_range b 0 e 0 100
      accessed big
      sendfile e b 0 10
      accessed big

      """)
}
