"""Looks at pages of rollouts with a real browser.

usage: report.py PICTURES PAGE...

A page loads nothing, runs nothing, says nothing on the console, and is not wider than a narrow
window. What it draws is there. Pictures, light and dark, wide and narrow, go to PICTURES.
"""

import os
import sys

from look import browser, check_console, fail, take_pictures

# Counts what a page that needs nothing does not have, and what every page must have.
FOREIGN = "script, img, iframe, object, link:not([rel=icon]), [onload], [onclick], [onerror]"
DRAWN = ["svg[role=img] > title", "svg[role=img] > desc", ".bar rect", ".tiles dd", "table"]


def count(driver, selector):
    return driver.execute_script("return document.querySelectorAll(arguments[0]).length", selector)


def look_at(driver, path, folder):
    name = os.path.splitext(os.path.basename(path))[0]
    driver.get("file://" + os.path.abspath(path))
    if count(driver, FOREIGN) > 0:
        fail(f"{name} holds what it must not hold")
    loaded = driver.execute_script("return performance.getEntriesByType('resource').length")
    if loaded > 0:
        fail(f"{name} loads {loaded} other files")
    for selector in DRAWN:
        if count(driver, selector) == 0:
            fail(f"{name} has no {selector}")
    outside = driver.execute_script("""
        const edge = document.querySelector("main").getBoundingClientRect();
        return [...document.querySelectorAll("svg[role=img] text, svg[role=img] rect")]
          .map(shape => shape.getBoundingClientRect())
          .filter(box => box.width > 0 && (box.left < edge.left || box.right > edge.right)).length""")
    if outside > 0:
        fail(f"{name} draws {outside} shapes outside of its page")
    take_pictures(driver, f"rollout-{name}", folder, whole=True)
    check_console(driver, name)


def main(folder, *pages):
    os.makedirs(folder, exist_ok=True)
    driver = browser()
    try:
        for page in pages:
            look_at(driver, page, folder)
    finally:
        driver.quit()
    print(f"report: {len(pages)} pages are well; pictures in {folder}")


main(*sys.argv[1:])
