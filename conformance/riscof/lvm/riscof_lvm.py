"""RISCOF's plugin for lvm: builds each test, runs it with `lvm conformance`, leaves its signature.

Keys of the section [lvm] of config.ini, beside those that RISCOF itself wants (pluginpath, ispec,
pspec):

PATH        folder of the command `lvm`; without it, it is looked for where commands are
compiler    a GCC or Clang for RISC-V; riscv64-unknown-elf-gcc without it
jobs        tests that are built and run at a time; 1 without it
prove       1 to prove and verify each run as well
target_run  0 to build the tests only
"""

import concurrent.futures
import logging
import os
import shutil
import subprocess

from riscof.pluginTemplate import pluginTemplate

logger = logging.getLogger()


class lvm(pluginTemplate):
    __model__ = "lvm"
    __version__ = "1"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        config = kwargs.get("config")
        if config is None:
            raise SystemExit("config.ini has no section for lvm")
        self.pluginpath = os.path.abspath(config["pluginpath"])
        self.isa_spec = os.path.abspath(config["ispec"])
        self.platform_spec = os.path.abspath(config["pspec"])
        self.command = os.path.join(config.get("PATH", ""), "lvm")
        self.compiler = config.get("compiler", "riscv64-unknown-elf-gcc")
        self.jobs = int(config.get("jobs", 1))
        self.prove = str(config.get("prove", "0")) == "1"
        self.target_run = str(config.get("target_run", "1")) != "0"

    def initialise(self, suite, workdir, archtest_env):
        """Remembers where the suite's headers are."""
        self.headers = [os.path.join(self.pluginpath, "env"), archtest_env]

    def build(self, isa_yaml, platform_yaml):
        """Makes sure that there is everything that runs need."""
        needed = [self.compiler] + ([self.command] if self.target_run else [])
        for command in needed:
            if shutil.which(command) is None:
                raise SystemExit(f"there is no command {command}")

    def runTests(self, testList):
        """Builds and runs every test."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            failures = [failure for failure in pool.map(self.run_test, testList.values()) if failure]
        for failure in failures:
            logger.error(failure)
        if not self.target_run:
            raise SystemExit(0)

    def run_test(self, test):
        """Builds and runs a test; what went wrong, if anything did.

        The command names a signature for its program, and RISCOF wants it to be named for the
        plugin, so the program has the plugin's name, in a folder of its own.
        """
        name = self.name[:-1]
        folder = os.path.join(test["work_dir"], "elf")
        os.makedirs(folder, exist_ok=True)
        build = [
            self.compiler, "-march=rv64im", "-mabi=lp64", "-mcmodel=medany", "-static",
            "-nostdlib", "-nostartfiles", "-T", os.path.join(self.pluginpath, "env", "link.ld"),
        ]
        build += [f"-I{header}" for header in self.headers]
        build += [f"-D{macro}" for macro in test["macros"]]
        build += [test["test_path"], "-o", os.path.join(folder, name)]
        run = [self.command, "conformance", folder, "--signature", test["work_dir"]]
        run += ["--prove"] if self.prove else []
        for command in [build, run] if self.target_run else [build]:
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode != 0:
                return f"{test['test_path']}: {ended.stdout}{ended.stderr}"
        return None
