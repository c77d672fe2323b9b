"""What every look at a page with a real browser needs."""

import json
import os
import sys

from selenium import webdriver


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                     "--hide-scrollbars", "--no-proxy-server"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path="/usr/bin/chromedriver")
    return webdriver.Chrome(options=options, service=service)


def fail(words):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {words}")


def check_console(driver, page):
    lines = [entry for entry in driver.get_log("browser")]
    if lines:
        fail(f"{page} wrote to the console: {json.dumps(lines, indent=1)}")


def see(driver, width, scheme, height=1000):
    # A window has a smallest width of its own; the device that is emulated has none.
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": height, "deviceScaleFactor": 1,
                            "mobile": False})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def take_pictures(driver, name, folder, whole=False):
    for width in [400, 1400]:
        for scheme in ["light", "dark"]:
            see(driver, width, scheme)
            overflow = driver.execute_script(
                "return document.documentElement.scrollWidth - window.innerWidth")
            if overflow > 0:
                fail(f"{name} is {overflow} pixels wider than a window of {width}")
            if whole:
                see(driver, width, scheme,
                    driver.execute_script("return document.documentElement.scrollHeight"))
            driver.save_screenshot(os.path.join(folder, f"{name}-{width}-{scheme}.png"))
    see(driver, 1400, "light")
