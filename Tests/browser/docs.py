"""Looks at /docs with a real browser.

usage: docs.py ADDRESS ADDRESS-WITHOUT-ASSETS PICTURES

The page must load without a word on the console, show every operation of the document, and send a
request of its own. Pictures of both pages, light and dark, wide and narrow, go to PICTURES.
"""

import json
import os
import sys
import urllib.request

from look import browser, check_console, fail, take_pictures
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SECONDS_MAX = 60


def wait(driver, what, condition):
    WebDriverWait(driver, SECONDS_MAX).until(condition, what)


def operations(address):
    with urllib.request.urlopen(f"{address}/openapi.json") as answer:
        document = json.load(answer)
    return [operation["operationId"] for path in document["paths"].values()
            for operation in path.values()]


def look_at_interactive(driver, address, path, folder):
    driver.get(address + path)
    wait(driver, "operations are shown",
         lambda d: len(d.find_elements(By.CSS_SELECTOR, ".opblock")) == len(operations(address)))
    errors = driver.find_elements(By.CSS_SELECTOR, ".errors-wrapper")
    if errors:
        fail(f"{path} shows errors: {errors[0].text}")
    check_console(driver, path)
    take_pictures(driver, path.strip("/"), folder)


def send(driver, operation, expected):
    block = driver.find_element(By.CSS_SELECTOR, f".opblock[id$='-{operation}']")
    driver.execute_script("arguments[0].scrollIntoView()", block)
    block.find_element(By.CSS_SELECTOR, ".opblock-summary-control").click()
    wait(driver, f"{operation} opens",
         lambda d: block.find_elements(By.CSS_SELECTOR, ".try-out__btn"))
    block.find_element(By.CSS_SELECTOR, ".try-out__btn").click()
    wait(driver, f"{operation} can be sent",
         lambda d: block.find_elements(By.CSS_SELECTOR, ".execute"))
    button = block.find_element(By.CSS_SELECTOR, ".execute")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    row = ".live-responses-table .response .response-col_status"
    wait(driver, f"{operation} is answered",
         lambda d: block.find_elements(By.CSS_SELECTOR, row))
    status = block.find_element(By.CSS_SELECTOR, row).text.split()[0]
    if status != expected:
        fail(f"{operation} sent from the page got {status}, not {expected}")
    return block.find_element(By.CSS_SELECTOR, ".live-responses-table").text


def main(address, readable, folder):
    os.makedirs(folder, exist_ok=True)
    driver = browser()
    try:
        look_at_interactive(driver, address, "/docs", folder)
        send(driver, "putBirthday", "204")
        text = send(driver, "getBirthday", "200")
        if "Hello, Anna!" not in text:
            fail(f"the answer is not shown: {text}")
        driver.save_screenshot(os.path.join(folder, "docs-answer.png"))
        check_console(driver, "a request from the page")
        look_at_interactive(driver, address, "/apidocs", folder)
        driver.get(readable + "/docs")
        shown = {e.get_attribute("id") for e in driver.find_elements(By.TAG_NAME, "article")}
        if shown != set(operations(readable)):
            fail(f"the page to read shows {sorted(shown)}")
        check_console(driver, "the page to read")
        take_pictures(driver, "readable", folder)
    finally:
        driver.quit()
    print(f"docs: the pages are well; pictures in {folder}")


main(*sys.argv[1:])
